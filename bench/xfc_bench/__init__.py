"""Times libraries of xfc beside other runtimes on the same models. `python -m xfc_bench --help`; bench/README.md."""
