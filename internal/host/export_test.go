package host

// Waiting is how many goroutines wait for calls to make.
func (h *Host) Waiting() int { return int(h.waiting.Load()) }
