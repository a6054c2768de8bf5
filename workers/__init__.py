"""Start-up of a plain RQ worker in a checkout: `rq worker --config workers mh-inbox mh-deliveries …`.

Importing it has jobs run for the installation that the environment configures. `marketplace-hooks worker` does the
same, is quicker, and needs no checkout.
"""

from marketplace_hooks.jobs import entry_points
from marketplace_hooks.standalone import load_runtime

entry_points.serve_lazily(load_runtime)
