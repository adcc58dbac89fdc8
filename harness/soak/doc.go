// Package soak runs a cluster of real processes for as long as it is told, does random
// faults to it while a liar calls all processes, and holds it to what must be so however
// long that lasts.
//
// In flow a seed and a duration; out flow the lines of what was done and found, and an
// [Outcome]. What must hold, judged by who really runs:
//
//   - no verdict of failure is about a node that runs, unless something in excuse.go
//     excuses it, which is counted;
//   - whoever ends or stands still is declared failed within its bound, and whoever comes
//     back is declared alive within its bound;
//   - nothing that the liar says in another's name is believed (all processes run with
//     --verify-sender, and the liar has an address of its own);
//   - in the calm at the end no process has more goroutines, open files, connections or
//     live memory than in the calm at the beginning, beyond the bounds in growth.go, and
//     none has ever taken more than its share of memory.
//
// Faults come one after the other (see [Episode]), so that each has a bound of its own.
package soak
