package settings

import "slices"

// elsewhere are names that systems use and that a single letter makes one of
// ours.
var elsewhere = []string{"LESS", "LOGS", "MAIL"}

// meant returns the setting that a name is almost: one letter is missing, too
// many, wrong, or has changed places with its neighbour. In names of five letters
// or more it may be two, if the first one is right. It is empty for settings
// themselves, and for all other names.
func meant(name string) string {
	if slices.Contains(elsewhere, name) || slices.ContainsFunc(table, func(s setting) bool { return s.name == name }) {
		return ""
	}
	best, least := "", 3
	for _, s := range table {
		d := distance(name, s.name)
		if d == 2 && (len(s.name) < 5 || name[0] != s.name[0]) {
			continue
		}
		if d < least {
			best, least = s.name, d
		}
	}
	return best
}

// distance counts the letters to be taken out, put in, changed, or swapped with
// their neighbours, to make one name of the other.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
		for j := range rows[i] {
			if i == 0 {
				rows[i][j] = j
				continue
			}
			if j == 0 {
				continue
			}
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}
