"""The paper's claims, one by one, with the tests that our results can answer.

Margins and borders are ours: the paper gives none. Paper: sections as named in each claim.
"""

from __future__ import annotations

from emolib.evaluation.claims import Claim, beats, earlier, leaves_nothing, reaches, sorts

SAME_SYNC = 0.10  # of clips in sync: "comparable" means at most so many fewer
SAME_EMOTION = 0.10  # of clips named right
GREEN = 4.0  # grey levels towards green that an eye sees in a wall
SPECKS = 1.0  # isolated dark pixels a frame more than in the source
JUDGES = ("emoacc/classifier", "emoacc/expression net")
EMOTIONAL = ("END", "SEQ", "PLDA", "PRE")
NO_METHOD = "not run: the methods are not rebuilt here"


def _all(kind, pairs, *rest):
    return tuple(kind(*pair, *rest) for pair in pairs)


CLAIMS = (
    Claim(
        "3.2.1",
        "Masking the whole face leaves nothing to see, so references alone do as well.",
        "the mask: how much of the target's picture it leaves",
        (leaves_nothing("full"),),
    ),
    Claim(
        "3.2.2",
        "Augmentation helps on faces and rooms that training never showed.",
        "SEQ-DA (SEQ with augmentation) against SEQ on unseen people",
        (beats("SEQ-DA", "SEQ", "psnr_db", 1), beats("SEQ-DA", "SEQ", JUDGES[1], 1)),
    ),
    Claim(
        "4.2",
        "With references from the same clip in training, the label alone decides the emotion.",
        "SEQ-SAMECLIP and PLDA-SAMECLIP (such references) on clips of another emotion: named right"
        " more than half as often as the truth, and against SEQ and PLDA (references of another"
        " emotion)",
        (
            *(reaches(f"{r}-SAMECLIP", JUDGES[1], 0.5, 1, of="truth") for r in ("SEQ", "PLDA")),
            *(beats(f"{r}-SAMECLIP", r, JUDGES[1], 1, SAME_EMOTION) for r in ("SEQ", "PLDA")),
        ),
    ),
    Claim(
        "4.3",
        "A face encoder trained on a larger corpus helps, kept fixed or as a start.",
        "PRE and PRE-FROZEN against PLDA",
        _all(beats, [("PRE", "PLDA"), ("PRE-FROZEN", "PLDA")], "psnr_db", 1),
    ),
    Claim(
        "5.1",
        "END's lips are in sync.",
        "END against WAV2LIP: clips in sync by the expert",
        (beats("END", "WAV2LIP", "in_sync_expert", 1, SAME_SYNC),),
    ),
    Claim(
        "5.1",
        "END shows the asked emotion badly.",
        "END: emotion named right less than half as often as the truth's, by two judges",
        tuple(reaches("END", judge, 0.5, -1, of="truth") for judge in JUDGES),
    ),
    Claim(
        "5.1",
        "END's pictures have arbitrary black dots.",
        "END in other rooms: isolated dark pixels a frame beyond the source's",
        (reaches("END", "artefacts/specks", SPECKS, 1),),
    ),
    Claim(
        "5.1",
        "Trained before a green screen, END paints other rooms green.",
        "END in other rooms: shift of the background towards green, grey levels",
        (reaches("END", "artefacts/green", GREEN, 1),),
    ),
    Claim(
        "5.2",
        "SEQ looks better than END.",
        "SEQ against END: Fréchet distance, PSNR",
        (beats("SEQ", "END", "frechet", -1), beats("SEQ", "END", "psnr_db", 1)),
    ),
    Claim(
        "5.2",
        "SEQ shows the asked emotion better than END.",
        "SEQ against END, by two judges",
        tuple(beats("SEQ", "END", judge, 1) for judge in JUDGES),
    ),
    Claim(
        "5.2",
        "With SEQ the black dots disappear.",
        "SEQ against END in other rooms: isolated dark pixels",
        (
            beats("SEQ", "END", "artefacts/specks", -1),
            reaches("SEQ", "artefacts/specks", SPECKS, -1),
        ),
    ),
    Claim(
        "5.2",
        "SEQ still paints other rooms green.",
        "SEQ in other rooms: shift of the background towards green, grey levels",
        (reaches("SEQ", "artefacts/green", GREEN, 1),),
    ),
    Claim(
        "5.2",
        "Augmentation ends the green background.",
        "PLDA in other rooms, and against SEQ",
        (
            reaches("PLDA", "artefacts/green", GREEN, -1),
            beats("PLDA", "SEQ", "artefacts/green", -1),
        ),
    ),
    Claim(
        "5.2",
        "Perceptual loss makes better pictures and clearer emotion.",
        "PLDA against SEQ-DA: the same but for the perceptual loss",
        (beats("PLDA", "SEQ-DA", "frechet", -1), beats("PLDA", "SEQ-DA", JUDGES[1], 1)),
    ),
    Claim(
        "5.2",
        "PRE's pictures are slightly better than PLDA's.",
        "PRE against PLDA: Fréchet distance, PSNR",
        (beats("PRE", "PLDA", "frechet", -1), beats("PRE", "PLDA", "psnr_db", 1)),
    ),
    Claim(
        "5.2",
        "PRE's films run less smoothly than PLDA's.",
        "PRE against PLDA: flicker relative to the truth",
        (beats("PRE", "PLDA", "flicker", 1),),
    ),
    Claim(
        "5.2",
        "PRE shows emotion as well as PLDA.",
        "PRE against PLDA, by two judges: at most 10 % of clips fewer",
        tuple(beats("PRE", "PLDA", judge, 1, SAME_EMOTION) for judge in JUDGES),
    ),
    Claim(
        "6",
        "Magnusson et al. cannot cope with a stranger: green background, artefacts.",
        "MAGNUSSON against PLDA in other rooms",
        (
            reaches("MAGNUSSON", "artefacts/green", GREEN, 1),
            beats("PLDA", "MAGNUSSON", "artefacts/green", -1),
        ),
    ),
    Claim(
        "6",
        "Wang et al. lose the identity, Eskimez et al. show no clear emotion.",
        "none",
        why_not=NO_METHOD,
    ),
    Claim(
        "7.1",
        "A classifier of this design names more than 90 % of unseen clips right.",
        "the classifier on the true clips of unseen people",
        (reaches("PLDA", "emoacc/classifier", 0.9, 1, "truth"),),
    ),
    Claim(
        "7.1",
        "PLDA's emotion is named right most often of all.",
        "PLDA against END, SEQ and PRE, by the classifier",
        _all(beats, [("PLDA", other) for other in ("END", "SEQ", "PRE")], JUDGES[0], 1),
    ),
    Claim(
        "7.2",
        "Emotion costs no sync: all four are comparable with Wav2Lip.",
        "END, SEQ, PLDA, PRE against WAV2LIP: clips in sync by the expert",
        _all(beats, [(r, "WAV2LIP") for r in EMOTIONAL], "in_sync_expert", 1, SAME_SYNC),
    ),
    Claim(
        "7.3",
        "Changing the whole face costs visual quality: without emotion FID is lower.",
        "WAV2LIP against END and SEQ: Fréchet distance",
        _all(beats, [("WAV2LIP", other) for other in ("END", "SEQ")], "frechet", -1),
    ),
    Claim(
        "7.3",
        "With perceptual loss (and augmentation) visual quality rises clearly.",
        "PLDA and PRE against SEQ: Fréchet distance",
        _all(beats, [("PLDA", "SEQ"), ("PRE", "SEQ")], "frechet", -1),
    ),
    Claim(
        "7.3",
        "PRE has the best FID of all, that of Wav2Lip included.",
        "PRE against the others: Fréchet distance",
        _all(beats, [("PRE", r) for r in ("WAV2LIP", "END", "SEQ", "PLDA")], "frechet", -1),
    ),
    Claim(
        "A.1",
        "A noise encoder accounts for head movement and blinks.",
        "none",
        why_not="not run: the paper itself uses it in none of its experiments",
    ),
    Claim(
        "A.2",
        "A larger weight of the emotion loss brings emotion earlier in training.",
        "PLDA-GAMMA10 (γ ten times as large) and PLDA: the judge's accuracy on unseen people",
        (earlier("PLDA-GAMMA10", "PLDA", "emotion_accuracy", 0.5),),
    ),
    Claim(
        "A.2",
        "A larger weight of the emotion loss costs a little fidelity.",
        "PLDA against PLDA-GAMMA10: PSNR",
        (beats("PLDA", "PLDA-GAMMA10", "psnr_db", 1),),
    ),
    Claim(
        "B",
        "Embeddings of one actor's clips form clusters by emotion.",
        "the discriminator's features of all clips of one unseen person, nearest neighbours",
        (sorts("discriminator"),),
    ),
    Claim(
        "8",
        "25 users rate the web interface.",
        "none",
        why_not="not run: nobody has been asked yet",
    ),
)
