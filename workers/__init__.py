"""RQ entry points. They decide nothing: each calls one service and returns."""
