import sys

from eidcard.simulator.program import main

sys.exit(main())
