// Package attacks holds the tests that send real processes what a stranger could send,
// and hold them to the bounds that SECURITY.md states: what a process takes, that it
// goes on, and that others are heard meanwhile.
package attacks
