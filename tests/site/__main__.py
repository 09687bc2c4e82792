"""`python -m tests.site SEED [large]`: drive the tracker and print every finding, pass by pass.
`python -m tests.site serve SEED STEP`: serve a world until interrupted, to look at it.
"""

import sys
import tempfile
import time
from pathlib import Path

from tests.site.drive import Drive, Setting
from tests.site.faults import DRILL


def main(words: list[str]) -> int:
    """1 if anything was wrong, else 0."""
    is_served = words[:1] == ["serve"]
    seed = int((words[1:] if is_served else words)[0])
    setting = Setting.large(seed, DRILL) if "large" in words else Setting.small(seed)
    with tempfile.TemporaryDirectory() as folder, Drive(setting, Path(folder)) as drive:
        if is_served:
            drive.site.turn_to(int(words[2]))
            print(f"{drive.server.origin}/news/?PAGEN_1=1, configuration in {folder}")
            while True:
                time.sleep(3600)
        return _watch(drive)


def _watch(drive: Drive) -> int:
    wrong = False
    told: set[str] = set()
    for one in drive.go_on():
        scene = drive.setting.world.scene(one.step)
        faults = [fault.kind for fault in drive.setting.faults if fault.step == one.step]
        print(f"pass {one.number}: {scene.mood}, {scene.design} design, code {one.code}, {faults}")
        print("".join(f"  {line}\n" for line in drive.told[-1].splitlines()), end="")
        findings = [sentence for sentence in drive.findings() if sentence not in told]
        told.update(findings)
        wrong = wrong or bool(findings)
        print("".join(f"  - {sentence}\n" for sentence in findings), end="", flush=True)
    one, cost, dear = drive.unchanged()
    print(f"unchanged pass {one.number}: {cost}")
    print("".join(f"  - {sentence}\n" for sentence in dear), end="")
    return int(wrong or bool(dear))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
