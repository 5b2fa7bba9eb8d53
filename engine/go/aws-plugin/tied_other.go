//go:build !linux

package main

import (
	"os"
	"os/exec"
)

// runTied runs another program as a child and stays beside it to kill it when the parent is gone.
func runTied(program string, arguments []string) error {
	command := exec.Command(program, arguments...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := command.Start(); err != nil {
		return err
	}
	go func() {
		waitForParent()
		_ = command.Process.Kill()
	}()
	return command.Wait()
}
