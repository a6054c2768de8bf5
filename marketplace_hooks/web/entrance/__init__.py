"""How do people come in and leave: the sign-in, the demo's chooser, the sign-out, and the zone they read times in?"""

from ..pages import page_blueprint

blueprint = page_blueprint("mh_entrance", __name__)

from . import demo, doors, openid, times  # noqa: E402, F401 - their views need the blueprint; importing adds them
