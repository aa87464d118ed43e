"""Each place where AWS credentials may come from, with the real exchange: the rows must arrive, and the requests must be
signed by the right key. That nothing secret is shown is checked after every test, see harness/secrets.py.
"""

import hashlib
import json
import re
import shlex
import time
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from harness import faults, paths, secrets
from harness.cli import spec_for
from harness.minio import Minio
from harness.objects import numbered, parquet, put_all
from harness.openid import OpenIdProvider
from harness.s3_proxy import S3Proxy
from harness.state import numbers
from harness.web_server import WebServer

OBJECTS = {f"t/{i}.parquet": parquet(numbered(10 * i, 10)) for i in range(20)}
ROWS = list(range(200))

NO_KEYS = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": ""}
BAD_KEYS = {"AWS_ACCESS_KEY_ID": "somebody-else",
            "AWS_SECRET_ACCESS_KEY": secrets.register("not-the-secret", "a wrong secret key")}  # fmt: skip
CONTAINER_TOKEN = secrets.register("container-token", "the token of a container")
METADATA_TOKEN = secrets.register("token-of-the-machine-7c1f", "the token of a machine's metadata")
SSO_TOKEN = secrets.register("sso-access-token", "the token of a sign-in")
ROLE = "arn:aws:iam::123456789012:role/reader"


@pytest.fixture
def objects(s3, bucket):
    put_all(s3, bucket, OBJECTS)


@pytest.fixture
def sync(workspace, minio, spec, objects):
    """Syncs through a proxy; the run, and how many requests each access key has signed."""

    def run_with(environment, *happening, **options):
        with S3Proxy(minio, *happening) as proxy:
            run = workspace.sync(spec(endpoint=proxy.endpoint, **options), environment=environment)
        for fault in happening:
            assert fault.met > 0, f"{fault} met no request"
        return run, proxy.access_keys

    return run_with


@pytest.fixture
def configure(workspace):
    """Writes the shared configuration file: a dict of section -> dict."""

    def write(sections, name="config"):
        lines = [line for section, settings in sections.items()
                 for line in (f"[{section}]", *(f"{key} = {value}" for key, value in settings.items()))]
        path = workspace.folder / ".aws" / name
        path.parent.mkdir(exist_ok=True)
        secrets.allow(path).write_text("\n".join(lines) + "\n")

    return write


def assert_all_rows(run):
    assert run.exit_code == 0, run.output
    assert numbers(run, "t") == ROWS


def static(keys):
    """Settings of a profile with the keys of an environment."""
    return {name.lower(): value for name, value in keys.items()}


def as_json(keys, token="Token", **more):
    """The keys of an environment as the services of AWS write them."""
    return {"AccessKeyId": keys["AWS_ACCESS_KEY_ID"], "SecretAccessKey": keys["AWS_SECRET_ACCESS_KEY"],
            token: keys["AWS_SESSION_TOKEN"], **more}  # fmt: skip


def in_seconds(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def in_an_hour():
    return in_seconds(3600)


def test_keys_in_the_environment(sync, minio):
    run, keys = sync({})
    assert_all_rows(run)
    assert set(keys) == {minio.access_key}


def test_temporary_keys_in_the_environment(sync, minio):
    temporary = minio.temporary()
    run, keys = sync(temporary)
    assert_all_rows(run)
    assert set(keys) == {temporary["AWS_ACCESS_KEY_ID"]}


def test_a_named_profile_wins_over_the_environment(sync, configure, minio):
    configure({"p": static(minio.environment())}, name="credentials")
    run, keys = sync(BAD_KEYS, local_profile="p")
    assert_all_rows(run)
    assert set(keys) == {minio.access_key}


def test_the_profile_of_the_environment(sync, configure, minio):
    configure({"profile p": static(minio.environment())})
    run, _ = sync({**NO_KEYS, "AWS_PROFILE": "p"})
    assert_all_rows(run)


def test_a_role_assumed_with_the_keys_of_a_source_profile(sync, configure, minio):
    configure({
        "profile p": {"role_arn": ROLE, "source_profile": "base", "duration_seconds": 900},
        "profile base": static(minio.environment()),
    })
    run, keys = sync({**BAD_KEYS, "AWS_ENDPOINT_URL_STS": minio.endpoint}, local_profile="p")
    assert_all_rows(run)
    assert len(keys) == 1 and minio.access_key not in keys


def test_a_role_assumed_with_the_keys_of_the_environment_through_a_profile(sync, configure, minio):
    configure({"profile p": {"role_arn": ROLE, "credential_source": "Environment"}})
    run, keys = sync({"AWS_ENDPOINT_URL_STS": minio.endpoint}, local_profile="p")
    assert_all_rows(run)
    assert len(keys) == 1 and minio.access_key not in keys


def documented_example():
    """The settings for credentials in the example of docs/configuration.md."""
    page = (paths.ROOT / "docs" / "configuration.md").read_text()
    example = yaml.safe_load(page.split("## Credentials")[1].split("```")[1].removeprefix("yaml"))["spec"]["spec"]
    return {name: value for name, value in example.items() if name not in ("bucket", "region")}


def test_a_role_of_the_spec(sync, configure, minio):
    example = documented_example()
    assert set(example) == {"local_profile", "role_arn", "external_id"}
    configure({f"profile {example['local_profile']}": static(minio.environment())})
    run, keys = sync({**BAD_KEYS, "AWS_ENDPOINT_URL_STS": minio.endpoint}, **example)
    assert_all_rows(run)
    assert len(keys) == 1 and minio.access_key not in keys


def test_a_role_that_is_refused_is_named_with_the_reason(sync, minio):
    run, keys = sync({**BAD_KEYS, "AWS_ENDPOINT_URL_STS": minio.endpoint}, role_arn=ROLE)
    assert run.exit_code != 0
    assert re.search(f"cannot assume the role {ROLE} at {minio.endpoint}: the service refused .*403", run.output)
    assert not keys


@pytest.fixture
def provider():
    with OpenIdProvider() as provider:
        yield provider


@pytest.fixture
def trusting_minio(tmp_path, provider):
    """A server that lets in whom the provider vouches for."""
    server = Minio(tmp_path / "trusting", settings=provider.minio_settings())
    server.client().create_bucket(Bucket="trusting")
    put_all(server.client(), "trusting", OBJECTS)
    yield server
    server.stop()


def test_a_web_identity(workspace, provider, trusting_minio):
    token = provider.token()
    secrets.allow(workspace.folder / "token").write_text(token)
    environment = {**NO_KEYS, "AWS_WEB_IDENTITY_TOKEN_FILE": str(workspace.folder / "token"), "AWS_ROLE_ARN": ROLE,
                   "AWS_ROLE_SESSION_NAME": "test", "AWS_ENDPOINT_URL_STS": trusting_minio.endpoint}  # fmt: skip
    run = workspace.sync(spec_for(trusting_minio, "trusting"), environment=environment)
    assert_all_rows(run)


def test_a_web_identity_that_has_expired_is_refused_and_not_shown(workspace, provider, trusting_minio):
    token = provider.token(seconds=-60)
    secrets.allow(workspace.folder / "token").write_text(token)
    environment = {**NO_KEYS, "AWS_WEB_IDENTITY_TOKEN_FILE": str(workspace.folder / "token"), "AWS_ROLE_ARN": ROLE,
                   "AWS_ENDPOINT_URL_STS": trusting_minio.endpoint}  # fmt: skip
    run = workspace.sync(spec_for(trusting_minio, "trusting"), environment=environment)
    assert run.exit_code != 0
    assert re.search(f"cannot assume the role {ROLE} at .*: the service refused .*[(](HTTP )?4[0-9][0-9]", run.output)


def test_a_web_identity_is_renewed_without_a_signature(sync, workspace, minio):
    """Over a connection on which the role was assumed meanwhile, signed."""
    token = secrets.allow(workspace.folder / "token")
    token.write_text(secrets.register("a-web-identity-token", "a web identity token"))
    asked = {"AssumeRoleWithWebIdentity": [], "AssumeRole": []}

    def sts(_, path, headers):
        action = parse_qs(urlsplit(path).query)["Action"][0]
        asked[action].append(headers.get("Authorization", ""))
        keys = as_json(minio.temporary(), token="SessionToken", Expiration=in_seconds(4))
        fields = "".join(f"<{name}>{value}</{name}>" for name, value in keys.items())
        return f"<{action}Response><{action}Result><Credentials>{fields}</Credentials></{action}Result></{action}Response>"

    with WebServer(sts) as server:
        environment = {**NO_KEYS, "AWS_WEB_IDENTITY_TOKEN_FILE": str(token), "AWS_ROLE_ARN": ROLE,
                       "AWS_ENDPOINT_URL_STS": server.endpoint}  # fmt: skip
        run, keys = sync(environment, faults.Delay(seconds=0.4), role_arn=ROLE, concurrency=1)
    assert_all_rows(run)
    assert len(keys) > 1
    assert len(asked["AssumeRoleWithWebIdentity"]) > 1 and not any(asked["AssumeRoleWithWebIdentity"])
    assert all(signature.startswith("AWS4-HMAC-SHA256 ") for signature in asked["AssumeRole"])


def test_the_role_of_a_machine(sync, minio):
    temporary = minio.temporary()

    def metadata(method, path, headers):
        if (method, path) == ("PUT", "/latest/api/token"):
            return METADATA_TOKEN if headers["X-aws-ec2-metadata-token-ttl-seconds"] else None
        if headers["X-aws-ec2-metadata-token"] != METADATA_TOKEN:
            return None
        return {
            "/latest/meta-data/iam/security-credentials/": "the-role",
            "/latest/meta-data/iam/security-credentials/the-role": as_json(
                temporary, Code="Success", Expiration=in_an_hour()
            ),
        }.get(path)

    with WebServer(metadata) as server:
        run, keys = sync({**NO_KEYS, "AWS_EC2_METADATA_DISABLED": "false",
                          "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.endpoint})  # fmt: skip
    assert_all_rows(run)
    assert set(keys) == {temporary["AWS_ACCESS_KEY_ID"]}
    assert len(server.requests) == 3


def test_the_role_of_a_container(sync, minio, workspace):
    temporary = minio.temporary()
    secrets.allow(workspace.folder / "token").write_text(f"{CONTAINER_TOKEN}\n")

    def credentials(_, path, headers):
        if path != "/v1/credentials" or headers["Authorization"] != CONTAINER_TOKEN:
            return None
        return as_json(temporary, Expiration=in_an_hour())

    with WebServer(credentials) as server:
        run, keys = sync({**NO_KEYS, "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{server.endpoint}/v1/credentials",
                          "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(workspace.folder / "token")})  # fmt: skip
    assert_all_rows(run)
    assert set(keys) == {temporary["AWS_ACCESS_KEY_ID"]}


def test_a_container_is_not_asked_at_a_host_that_could_be_anybodys(sync):
    run, _ = sync({**NO_KEYS, "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1.example.com/",
                   "AWS_CONTAINER_AUTHORIZATION_TOKEN": CONTAINER_TOKEN})  # fmt: skip
    assert run.exit_code != 0
    assert "AWS_CONTAINER_CREDENTIALS_FULL_URI names a host that is not trusted" in run.output


def sso_cache(workspace, name, expires):
    path = workspace.folder / ".aws" / "sso" / "cache" / f"{hashlib.sha1(name.encode()).hexdigest()}.json"
    path.parent.mkdir(parents=True)
    secrets.allow(path).write_text(json.dumps({"accessToken": SSO_TOKEN, "expiresAt": expires}))
    return path


SSO = {
    "profile p": {"sso_session": "work", "sso_account_id": "123456789012", "sso_role_name": "Reader"},
    "sso-session work": {"sso_region": "eu-west-1", "sso_start_url": "https://example.com/start"},
}


def test_a_role_of_sso(sync, configure, minio, workspace):
    temporary = minio.temporary()

    def portal(_, path, headers):
        if headers["x-amz-sso_bearer_token"] != SSO_TOKEN:
            return None
        if path != "/federation/credentials?role_name=Reader&account_id=123456789012":
            return None
        return {"roleCredentials": {
            "accessKeyId": temporary["AWS_ACCESS_KEY_ID"], "secretAccessKey": temporary["AWS_SECRET_ACCESS_KEY"],
            "sessionToken": temporary["AWS_SESSION_TOKEN"], "expiration": int((time.time() + 3600) * 1000),
        }}  # fmt: skip

    configure(SSO)
    sso_cache(workspace, "work", in_an_hour())
    with WebServer(portal) as server:
        environment = {**BAD_KEYS, "AWS_ENDPOINT_URL_SSO": server.endpoint}
        run, keys = sync(environment, local_profile="p")
    assert_all_rows(run)
    assert set(keys) == {temporary["AWS_ACCESS_KEY_ID"]}


def test_a_sign_in_that_has_expired_is_named_with_what_to_do(sync, configure, workspace):
    configure(SSO)
    path = sso_cache(workspace, "work", "2020-01-01T00:00:00Z")
    run, _ = sync(NO_KEYS, local_profile="p")
    assert run.exit_code != 0
    assert f"the sign-in in {path} has expired. Sign in with: aws sso login" in run.output


@pytest.fixture
def program(workspace, configure, minio):
    """A profile "p" with a program that gives other keys each time; `program(life)`: for so many seconds."""
    folder = workspace.folder / "program"

    def make(life):
        folder.mkdir()
        for number in range(1, 11):
            keys = as_json(minio.temporary(), token="SessionToken", Version=1, Expiration="EXPIRATION")
            secrets.allow(folder / f"keys-{number}").write_text(json.dumps(keys))
        script = folder / "give keys"
        script.write_text(
            "echo run >> runs\n"
            f"expiration=$(date -u -d '+{life} seconds' +%Y-%m-%dT%H:%M:%S.%NZ)\n"
            'sed "s/EXPIRATION/$expiration/" keys-$(wc -l < runs)\n'
        )
        configure({"profile p": {"credential_process": f"cd {shlex.quote(str(folder))} && sh 'give keys'"}})

    def runs():
        return len((folder / "runs").read_text().splitlines())

    make.runs = runs
    return make


def test_a_program(sync, program):
    program(life=3600)
    run, keys = sync(BAD_KEYS, local_profile="p")
    assert_all_rows(run)
    assert program.runs() == 1 and len(keys) == 1


def test_a_program_that_fails_is_named_by_its_profile_and_its_output_is_not_shown(sync, configure):
    configure({"profile p": {"credential_process": "echo program-output; echo program-output >&2; exit 1"}})
    run, _ = sync(BAD_KEYS, local_profile="p")
    assert run.exit_code != 0
    assert 'profile "p", credential_process: the program failed. Run it by hand to see why' in run.output
    assert "program-output" not in run.output and "program-output" not in str(run.log)


def test_keys_that_expire_while_a_sync_reads(sync, program):
    program(life=4)
    expiry = faults.Expiry(on=lambda exchange: True, seconds=4)
    run, keys = sync({}, faults.Delay(seconds=0.4), expiry, local_profile="p", concurrency=1)
    assert_all_rows(run)
    assert len(keys) > 1


def test_keys_that_the_service_takes_for_expired_are_renewed(sync, program):
    program(life=3600)
    run, keys = sync({}, faults.Refuse(times=1, status=400, code="ExpiredToken"), local_profile="p")
    assert_all_rows(run)
    assert program.runs() == 2 and len(keys) == 2


def test_keys_that_the_service_takes_for_expired_again_are_an_error(sync, program):
    program(life=3600)
    run, _ = sync({}, faults.Refuse(on=faults.lists, status=400, code="ExpiredToken"), local_profile="p")
    assert run.exit_code != 0
    assert "the credentials have expired" in run.output and "Renew them where they come from" in run.output
    assert program.runs() == 2


NOBODY = "http://127.0.0.1:1"


@pytest.mark.parametrize("place, shown", [
    ("AWS_ENDPOINT_URL_STS", "http://***@127.0.0.1:1"),
    ("AWS_ENDPOINT_URL_SSO", "http://***@127.0.0.1:1"),
    ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://***@127.0.0.1:1"),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
])  # fmt: skip
def test_a_login_in_the_url_of_a_service_that_fails_is_not_shown(sync, configure, workspace, place, shown):
    """Everything that the programs left is searched for it when the test ends."""
    token = secrets.allow(workspace.folder / "token")
    token.write_text("web-identity")
    of_place = {
        "AWS_ENDPOINT_URL_STS": {"AWS_WEB_IDENTITY_TOKEN_FILE": str(token), "AWS_ROLE_ARN": ROLE},
        "AWS_ENDPOINT_URL_SSO": {"AWS_PROFILE": "p"},
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": {"AWS_EC2_METADATA_DISABLED": "false"},
    }.get(place, {})
    configure(SSO)
    sso_cache(workspace, "work", in_an_hour())
    run, keys = sync({**NO_KEYS, **of_place, place: secrets.with_login(NOBODY)})
    assert run.exit_code != 0 and not keys
    assert shown in run.output


def test_no_credentials_at_all_names_what_was_tried(sync, workspace):
    run, keys = sync({**NO_KEYS, "AWS_EC2_METADATA_DISABLED": "",
                      "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1"})  # fmt: skip
    assert run.exit_code != 0
    for tried in ["no AWS credentials were found; tried ",
                  "AWS_ACCESS_KEY_ID (not set)", "AWS_WEB_IDENTITY_TOKEN_FILE (not set)",
                  f'profile "default" in {workspace.folder}/.aws/config and {workspace.folder}/.aws/credentials',
                  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI (not set)",
                  "the machine's role at http://127.0.0.1:1"]:  # fmt: skip
        assert tried in run.output
    assert not keys
