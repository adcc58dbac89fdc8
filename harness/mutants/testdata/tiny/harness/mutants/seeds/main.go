// Command seeds stands in for chaos: from seed 5 on it looks at Twice.
package main

import (
	"fmt"
	"os"
	"strconv"

	"tiny/largest"
)

func main() {
	first, err := strconv.Atoi(os.Args[1])
	if err != nil {
		os.Exit(3)
	}
	last, err := strconv.Atoi(os.Args[2])
	if err != nil {
		os.Exit(3)
	}
	for seed := first; seed <= last; seed++ {
		if seed >= 5 && largest.Twice(seed) != 2*seed {
			fmt.Printf("seed %d: twice is twice\n", seed)
			os.Exit(1)
		}
	}
}
