"""The rules: standard library only; facts in, verdict out; `now` is an argument."""
