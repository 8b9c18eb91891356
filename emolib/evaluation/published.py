"""What the paper prints in its tables, as data.

Paper: tables 1 and 2, and §2.2 for Magnusson et al., which table 1 leaves out.
"""

from __future__ import annotations

from dataclasses import dataclass

CREMA_D = "CREMA-D"


@dataclass(frozen=True)
class Published:
    """A row of the paper's Table 2. `quoted`: the paper itself took it from another paper."""

    method: str
    emotion: bool
    lse_d: float | None
    lse_c: float | None
    emoacc: float | None  # percent
    fid: float | None
    quoted: bool = False
    recipe: str = ""  # ours of the same name


TABLE_2 = (
    Published("Wav2Lip", False, 6.961, 6.559, None, 10.48, recipe="WAV2LIP"),
    Published("Wang et al. 2021", False, 10.110, 4.976, None, 72.81),
    Published("Vougioukas et al. 2019", True, None, None, 55.26, 71.12, quoted=True),
    Published("Eskimez et al. 2021", True, 10.244, 3.256, 65.67, 79.11),
    Published("Sinha et al. 2022", True, None, None, 75.02, 68.45, quoted=True),
    Published("END", True, 7.754, 6.369, 21.48, 15.68, recipe="END"),
    Published("SEQ", True, 7.464, 6.201, 71.51, 14.32, recipe="SEQ"),
    Published("PL + DA", True, 7.171, 6.663, 83.20, 6.04, recipe="PLDA"),
    Published("PRE", True, 7.946, 6.053, 78.14, 5.29, recipe="PRE"),
)


@dataclass(frozen=True)
class Ability:
    """A row of the paper's Table 1: what a method takes and what it can do."""

    method: str
    source: str  # "image" or "video"
    any_face: bool
    emotion: bool
    from_sound: bool = False  # emotion is not chosen but derived from the sound
    table_2: str = ""  # its name there


TABLE_1 = (
    Ability("Das et al. 2020", "image", True, False),
    Ability("MakeItTalk (Zhou et al. 2020)", "image", True, False),
    Ability("Zhang et al. 2021c", "image", True, False),
    Ability("Wang et al. 2021", "image", True, False, table_2="Wang et al. 2021"),
    Ability("Zhou et al. 2021", "image", True, False),
    Ability("Thies et al. 2020", "video", True, False),
    Ability("Song et al. 2022", "video", True, False),
    Ability("Wav2Lip (Prajwal et al. 2020)", "video", True, False, table_2="Wav2Lip"),
    Ability("Wen et al. 2020", "video", True, False),
    Ability("Chen et al. 2020", "image", False, True, from_sound=True),
    Ability("Vougioukas et al. 2019", "image", False, True, True, table_2="Vougioukas et al. 2019"),
    Ability("Eskimez et al. 2021", "image", False, True, table_2="Eskimez et al. 2021"),
    Ability("MEAD (Wang et al. 2020)", "image", False, True),
    Ability("EVP (Ji et al. 2021)", "video", False, True),
    Ability("Sinha et al. 2022", "image", True, True, table_2="Sinha et al. 2022"),
    Ability("the paper (PL + DA)", "video", True, True, table_2="PL + DA"),
)
MAGNUSSON = (
    "Magnusson et al. 2021 (Wav2Lip-Emotion) is not in the paper's Table 1; §2.2: video, keeps the"
    " source's own sound, one model for each pair of happiness, sadness and neutral."
)
