import json

from scene_renderer.environment import describe_environment


def test_the_environment_names_versions_and_commit_and_is_json() -> None:
    described = describe_environment()
    assert described["numpy"]
    assert described["commit"]
    assert int(described["cpus"]) >= 1
    assert json.loads(json.dumps(described)) == described
