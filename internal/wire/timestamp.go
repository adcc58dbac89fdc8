package wire

import (
	"time"

	"gossiprpc/internal/xmlrpc"
)

const (
	wholeSeconds = "2006-01-02 15:04:05"
	sixDigits    = "2006-01-02 15:04:05.000000"
)

// appendTime writes local time, always with six fraction digits: with none, or
// more, a receiving original's scheduler ends. That the time is not in the future
// is the protocol's business.
func appendTime(dst []byte, t time.Time) []byte { return t.Local().AppendFormat(dst, sixDigits) }

// time reads local time with six fraction digits: without a copy, for there is one in
// each state.
func (r reader) time(text []byte) time.Time {
	if len(text) != len(sixDigits) {
		r.Refuse()
		return time.Time{}
	}
	var parts [7]int // year to microsecond
	part := 0
	for i, c := range text {
		switch digit := c - '0'; {
		case sixDigits[i] < '0' || sixDigits[i] > '9':
			if c != sixDigits[i] {
				r.Refuse()
			}
			part++
		case digit > 9:
			r.Refuse()
		default:
			parts[part] = 10*parts[part] + int(digit)
		}
	}
	t := time.Date(parts[0], time.Month(parts[1]), parts[2], parts[3], parts[4], parts[5], 1000*parts[6], time.Local)
	// A day that its month does not have is one of another month.
	if int(t.Month()) != parts[1] || parts[3] > 23 || parts[4] > 59 || parts[5] > 59 {
		r.Refuse()
	}
	return t
}

// decodeTime reads local time with none to nine fraction digits.
func decodeTime(what, text string) (time.Time, error) {
	bad := func() (time.Time, error) {
		return time.Time{}, wrong(what, xmlrpc.StringValue(text), "local time as "+sixDigits)
	}
	if len(text) < len(wholeSeconds) || len(text) > len(wholeSeconds)+1+9 {
		return bad()
	}
	// time.Parse is laxer: it takes a comma, and a single digit for the hour.
	for i := range len(text) {
		digit := text[i] >= '0' && text[i] <= '9'
		switch {
		case i < len(wholeSeconds) && wholeSeconds[i] >= '0' && wholeSeconds[i] <= '9', i > len(wholeSeconds):
			if !digit {
				return bad()
			}
		case i < len(wholeSeconds) && text[i] != wholeSeconds[i], i == len(wholeSeconds) && text[i] != '.':
			return bad()
		}
	}
	t, err := time.ParseInLocation(wholeSeconds, text, time.Local) // takes a fraction though the layout has none
	if err != nil {
		return bad()
	}
	return t, nil
}
