// Package largest is something to break.
package largest

// Of is the largest of some numbers, at least 0.
func Of(numbers ...int) int {
	most := 0
	for _, n := range numbers {
		if n > most {
			most = n
		}
	}
	return most
}

// Twice is the double of a number; no test of this folder looks at it.
func Twice(n int) int {
	return n + n
}
