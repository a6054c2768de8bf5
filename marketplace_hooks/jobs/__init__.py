"""Background work: the job table, the scheduler, the warm-up of workers, and the entry points that RQ calls."""
