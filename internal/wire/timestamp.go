package wire

import (
	"time"

	"gossiprpc/internal/xmlrpc"
)

const (
	wholeSeconds = "2006-01-02 15:04:05"
	sixDigits    = "2006-01-02 15:04:05.000000"
)

// encodeTime writes local time, always with six fraction digits: with none, or
// more, a receiving original's scheduler ends. That the time is not in the future
// is the protocol's business.
func encodeTime(t time.Time) string { return t.Local().Format(sixDigits) }

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
	if len(text) == len(wholeSeconds)+1 {
		return bad()
	}
	t, err := time.ParseInLocation(wholeSeconds, text, time.Local) // takes a fraction though the layout has none
	if err != nil {
		return bad()
	}
	return t, nil
}
