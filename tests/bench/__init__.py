"""Speed and memory, measured: `make bench` prints one table and writes tests/bench/results/. Nothing here is a test."""
