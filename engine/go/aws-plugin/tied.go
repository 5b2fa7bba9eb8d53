package main

import (
	"os"
	"time"
)

// tiedCommand makes this program run another one that ends when its parent ends: `pulumi-resource-aws tied PROGRAM`.
const tiedCommand = "tied"

// waitForParent returns when the process that started this one is gone, however that ended.
func waitForParent() {
	parent := os.Getppid()
	for os.Getppid() == parent {
		time.Sleep(500 * time.Millisecond)
	}
}

func dieWithParent() {
	waitForParent()
	os.Exit(1)
}
