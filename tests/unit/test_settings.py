"""Settings: every wrong variable is named at once, near-misses are suggested, secrets never show."""

from __future__ import annotations

from pathlib import Path

import pytest

from fileproc import settings
from fileproc.errors import ExitCode, SettingsError


def load(**environ: str) -> settings.Settings:
    return settings.load(environ, dotenv=None)


def test_defaults_are_the_promised_ones() -> None:
    """The three settings that people already use keep their defaults."""
    loaded = load()

    expected = (10, 5, 60.0)
    actual = (
        loaded.sns_worker_max,
        loaded.circuit_breaker_max_failures,
        loaded.circuit_breaker_cooldown_seconds,
    )
    assert expected == actual


def test_every_wrong_variable_is_named_at_once() -> None:
    """A person mends a configuration in one go, not one variable a start."""
    with pytest.raises(SettingsError) as caught:
        load(SNS_WORKER_MAX="many", FILEPROC_PORT="99999", CIRCUIT_BREAKER_ON_OPEN="explode", DATABASE_URL="mysql://x")

    named = [problem.split()[0] for problem in caught.value.problems]
    assert ["SNS_WORKER_MAX", "CIRCUIT_BREAKER_ON_OPEN", "DATABASE_URL", "FILEPROC_PORT"] == named
    assert ExitCode.USAGE == caught.value.exit_code


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("SNS_WORKERS_MAX", "SNS_WORKER_MAX"),
        ("CIRCUIT_BREAKER_COOLDOWN", "CIRCUIT_BREAKER_COOLDOWN_SECONDS"),
        ("FILEPROC_CONTRACT", "FILEPROC_CONTRACTS"),
        ("DRY_RUN_RESULT", "DRY_RUN_RESULTS"),
    ],
)
def test_near_misses_are_suggested(wrong: str, meant: str) -> None:
    """A misspelt name is not silently ignored."""
    with pytest.raises(SettingsError, match=f"{wrong} is unknown; did you mean {meant}"):
        load(**{wrong: "1"})


@pytest.mark.parametrize(
    ("names", "why"),
    [("BUCKET,1X", "no name of a variable"), ("DATABASE_URL", "a secret"), ("FILEPROC_ADMIN_TOKEN_FILE", "a secret")],
)
def test_contracts_read_no_secrets(names: str, why: str) -> None:
    """The allow-list for contracts takes names of variables, and never those of our own secrets."""
    with pytest.raises(SettingsError, match=why):
        settings.contract_variables({"FILEPROC_CONTRACT_VARIABLES": names}, dotenv=None)


def test_variables_of_contracts_have_their_values() -> None:
    """Allowed and set, allowed and not set; everything else stays unknown."""
    environ = {
        "FILEPROC_CONTRACT_VARIABLES": "BUCKET, STAGE",
        "BUCKET": "acme",
        "OTHER": "x",
        "SNS_WORKER_MAX": "wrong",
    }

    assert {"BUCKET": "acme", "STAGE": None} == settings.contract_variables(environ, dotenv=None)


def test_foreign_variables_are_left_alone() -> None:
    """Other programs' variables under a shared prefix (SNS_…, AWS_…) are no errors."""
    assert load(SNS_SOMETHING_ELSE_ENTIRELY="x", AWS_REGION="eu-west-1", PATH="/bin").sns_worker_max == 10


def test_environment_wins_over_dotenv(tmp_path: Path) -> None:
    """`.env` fills in only what the environment does not set."""
    dotenv = tmp_path / ".env"
    dotenv.write_text("SNS_WORKER_MAX=3\nFILEPROC_PORT=9000\n")

    loaded = settings.load({"SNS_WORKER_MAX": "7"}, dotenv=dotenv)

    assert (7, 9000) == (loaded.sns_worker_max, loaded.fileproc_port)


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    """Mounted secrets work for every secret setting."""
    file = tmp_path / "token"
    file.write_text("hush\n")

    assert load(FILEPROC_ADMIN_TOKEN_FILE=str(file)).fileproc_admin_token == "hush"


def test_an_unreadable_secret_file_is_named_without_its_content(tmp_path: Path) -> None:
    """The message names the variable to mend."""
    with pytest.raises(SettingsError, match="FILEPROC_ADMIN_TOKEN_FILE"):
        load(FILEPROC_ADMIN_TOKEN_FILE=str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg2://etl:hunter2@db/etl",
        "postgres://etl:hunter2@db/etl?sslmode=require",
        "postgresql://db/etl?user=etl&password=hunter2",
    ],
)
def test_secrets_are_masked_when_shown(url: str) -> None:
    """`config show` can be pasted into a ticket."""
    shown = settings.masked(load(DATABASE_URL=url, FILEPROC_ADMIN_TOKEN="s3cr3t"))

    assert not [value for value in shown.values() if "hunter2" in value or "s3cr3t" in value]


def test_a_wrong_secret_is_not_echoed() -> None:
    """The message about a wrong database URL does not carry the password in it."""
    with pytest.raises(SettingsError) as caught:
        load(DATABASE_URL="mysql://etl:hunter2@db/etl")

    assert "hunter2" not in str(caught.value)


def test_verification_cannot_be_off_for_the_world() -> None:
    """SNS_VERIFY=off is for loopback only, unless said on purpose."""
    with pytest.raises(SettingsError, match="off-i-know"):
        load(SNS_VERIFY="off", FILEPROC_HOST="0.0.0.0")

    assert load(SNS_VERIFY="off-i-know", FILEPROC_HOST="0.0.0.0").sns_verify == "off-i-know"


@pytest.mark.parametrize("value", ["1e3", "1_000", "０", " 5 5", "-1", "0", "99999999999999999999", "5.0", "NaN"])
def test_numbers_are_strict(value: str) -> None:
    """Only a plain whole number within its bounds is a number of workers."""
    with pytest.raises(SettingsError, match="SNS_WORKER_MAX must be a whole number"):
        load(SNS_WORKER_MAX=value)


def test_env_example_is_in_step_with_the_table() -> None:
    """`.env.example` is what `fileproc config docs` writes today."""
    file = Path(__file__).parents[2] / ".env.example"

    assert settings.env_example() == file.read_text()


def test_the_settings_class_and_the_table_agree() -> None:
    """A knob without a field, or a field without a knob, cannot be."""
    fields = set(settings.Settings.__dataclass_fields__)

    assert {knob.attribute for knob in settings.TABLE} == fields
