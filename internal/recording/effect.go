package recording

import (
	"fmt"
	"hash/crc32"

	"gossiprpc/internal/machine"
)

// The bytes that stand for effects.
const (
	call = iota + 1
	reply
	printed
	logged
	write
	exit
)

// effectHash is the running hash of a machine's effects. Each step counts, those
// without effects too.
type effectHash struct {
	sum     uint32
	encoder encoder // its buffer is used again and again; it has no names
}

// add goes on with the effects of one step. It fails for a type of effect that
// the format does not have.
func (h *effectHash) add(effects []machine.Effect) error {
	h.encoder.buf = h.encoder.buf[:0]
	h.encoder.uint(uint64(len(effects)))
	for _, effect := range effects {
		if err := h.encoder.effect(effect); err != nil {
			return err
		}
	}
	h.sum = crc32.Update(h.sum, castagnoli, h.encoder.buf)
	return nil
}

func (e *encoder) effect(effect machine.Effect) error {
	switch effect := effect.(type) {
	case machine.Call:
		e.byte(call)
		e.uint(effect.ID)
		e.address(effect.To)
		e.int(int64(effect.Timeout))
		return e.request(effect.Request)
	case machine.Reply:
		e.byte(reply)
		e.answer(effect.Answer)
		e.text(effect.Fault)
	case machine.Print:
		e.byte(printed)
		e.text(effect.Text)
	case machine.Log:
		e.byte(logged)
		e.byte(byte(effect.Level))
		e.text(effect.Text)
		e.count(len(effect.Fields), effect.Fields == nil)
		for _, f := range effect.Fields {
			e.text(f.Key)
			e.text(f.Value)
		}
	case machine.Write:
		e.byte(write)
		e.uint(effect.ID)
		e.text(effect.File)
		e.bool(effect.Append)
		e.text(string(effect.Data))
	case machine.Exit:
		e.byte(exit)
		e.text(effect.Error)
	default:
		return fmt.Errorf("the format has no effect of type %T", effect)
	}
	return nil
}
