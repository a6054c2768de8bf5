"""Start-up of a plain RQ worker in a checkout: `rq worker --config workers`.

Importing it names the queues of the installation that the environment configures, and has jobs run for it.
`marketplace-hooks worker` does the same, is quicker, and needs no checkout.
"""

from marketplace_hooks.jobs import entry_points
from marketplace_hooks.remote.redis.names import JobKind
from marketplace_hooks.standalone import load_runtime

_runtime = load_runtime()
QUEUES = [_runtime.redis_names.queue(kind) for kind in JobKind]
_runtime.database.dispose()  # jobs run in children, which must not inherit a connection.
entry_points.serve_lazily(load_runtime)
