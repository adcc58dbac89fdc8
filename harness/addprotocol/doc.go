// Package addprotocol has no code but a test: it does what docs/ADD-A-PROTOCOL.md
// tells its reader to, in a copy of the repository.
package addprotocol
