"""RQ entry points, one for each bell: `workers.inbox.run`, `workers.cascades.run` and their like.

They decide nothing. Each answers its bell and does one slice of the work that stands in rows. Jobs carry no arguments:
what there is to do is in the database, and a job that is lost or run twice changes nothing.
"""
