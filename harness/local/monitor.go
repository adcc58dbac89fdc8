package local

// MonitorHostPort is where the monitor listens, for those who want to ask it
// themselves.
func (c *cluster) MonitorHostPort() string { return c.monitor.HostPort }
