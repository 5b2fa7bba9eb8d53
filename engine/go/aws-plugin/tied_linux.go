package main

import (
	"errors"
	"os"
	"runtime"
	"syscall"
)

// runTied turns this process into another program, which the kernel kills as soon as its parent is gone. The engine
// kills a plugin with SIGKILL and nobody then stops the plugin's children; the parent-death signal outlives exec.
func runTied(program string, arguments []string) error {
	runtime.LockOSThread()
	parent := os.Getppid()
	_, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0)
	if errno != 0 {
		return errno
	}
	if os.Getppid() != parent {
		return errors.New("the parent ended before " + program + " was started")
	}
	if err := syscall.Exec(program, append([]string{program}, arguments...), os.Environ()); err != nil {
		return &os.PathError{Op: "start", Path: program, Err: err}
	}
	return nil
}
