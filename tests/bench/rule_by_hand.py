"""A rule for tests that speaks the replay protocol: pauses whoever bounced, and resumes all after 100 seconds.

`--broken` answers with what is no decision.
"""

import json
import sys


def answer(**fields: object) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")


BOUNCED: dict[str, int] = {}
for line in sys.stdin:
    read = json.loads(line)
    if tick := read.get("tick"):
        for tenant, since in list(BOUNCED.items()):
            if since == 0:
                BOUNCED[tenant] = tick
                action = "nod" if "--broken" in sys.argv else "pause"
                answer(ts=tick, tenant=tenant, action=action, why="it bounced")
            elif tick - since >= 100:
                del BOUNCED[tenant]
                answer(ts=tick, tenant=tenant, action="resume", why="time is over")
        answer(ack=tick)
        sys.stdout.flush()
    elif read["kind"] == "Bounce" and read["bounceType"] == "Permanent":
        BOUNCED.setdefault(read["tenant"], 0)
