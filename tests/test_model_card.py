"""MODEL_CARD.md is what its script writes from the files in data/ as they are now."""

from make_model_card import model_card

from emolib.base.files import project_root


def test_the_card_is_fresh():
    written = (project_root() / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert written == model_card(), "run: python scripts/make_model_card.py"


def test_no_shipped_text_names_a_place_on_someone_s_disk():
    for path in sorted((project_root() / "data" / "checkpoints").glob("*.log.jsonl")):
        text = path.read_text(encoding="utf-8")
        assert not any(root in text for root in ("/tmp/", "/home/", "/root/", "/Users/")), path.name
