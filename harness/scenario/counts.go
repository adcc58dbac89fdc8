package scenario

import (
	"fmt"
	"strconv"
	"strings"
)

// count reads a number or a range such as 0..3.
func count(text string) (least, most int, err error) {
	first, last, isRange := strings.Cut(text, "..")
	if !isRange {
		last = first
	}
	if least, err = strconv.Atoi(first); err == nil {
		most, err = strconv.Atoi(last)
	}
	if err != nil || least < 0 || most < least {
		return 0, 0, fmt.Errorf("%q is no number or range such as 0..3", text)
	}
	return least, most, nil
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}
