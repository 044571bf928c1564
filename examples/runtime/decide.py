"""From the model to the policy: the best wait for web_model.toml, written to web-policy.json.

python decide.py web_model.toml web-policy.json
"""

from __future__ import annotations

import sys
from pathlib import Path

import rejuvmodel as rj


def decide(model: Path, policy: Path) -> str:
    """Write the policy; return what it says."""
    file = rj.read_cluster_file(model)
    best = rj.optimize(file.cluster, costs=file.costs, bounds=file.bounds)
    decided = best.policy(scope="cluster", currency=file.currency)
    decided.save(policy)
    return decided.describe()


if __name__ == "__main__":
    print(decide(Path(sys.argv[1]), Path(sys.argv[2])))
