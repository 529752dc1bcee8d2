import sys

from xfc_bench.cli import main

sys.exit(main())
