// Package byhand has no code but tests: they do what docs/BY-HAND.md tells its
// reader to, in real terminals.
package byhand
