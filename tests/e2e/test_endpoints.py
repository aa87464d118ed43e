"""Buckets where production has them: behind TLS and proxies, in other regions, public ones, on hosts of their own."""

import json
import secrets as random

import pytest
from harness import certificates, faults, secrets
from harness.forward_proxy import ForwardProxy
from harness.minio import Minio, free_port
from harness.objects import numbered, parquet, put_all
from harness.s3_proxy import S3Proxy
from harness.state import numbers
from test_cli_commands import run as run_command
from test_cli_commands import source_verdict

ROWS = list(range(60))
OBJECTS = {f"t/{i}.parquet": parquet(numbered(10 * i, 10)) for i in range(6)}
AWS_REGIONS = ("us-east-1", "eu-west-1")
AWS_DOMAINS = [f"s3.{region}.amazonaws.com" for region in AWS_REGIONS]
BUCKET, DOTTED = "things", "things.with.dots"
NO_KEYS = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    domains = ["s3.test", *AWS_DOMAINS]
    names = ["127.0.0.1", *domains, *(f"*.{domain}" for domain in domains)]
    return certificates.make(tmp_path_factory.mktemp("certificates"), names)


@pytest.fixture(scope="session")
def tls(certificate, tmp_path_factory):
    """A server that speaks TLS, on the hosts of AWS for whom comes through a proxy, in the region eu-west-1."""
    server = Minio(
        tmp_path_factory.mktemp("minio-tls"), region="eu-west-1", certificate=certificate,
        domains=("s3.test", *AWS_DOMAINS),
    )  # fmt: skip
    for name in (BUCKET, DOTTED):
        server.client().create_bucket(Bucket=name)
        put_all(server.client(), name, OBJECTS)
    yield server
    server.stop()


@pytest.fixture
def tls_spec(tls, certificate):
    def make(**more):
        spec = {"bucket": BUCKET, "region": "eu-west-1", "endpoint": tls.endpoint, "tls_ca_file": str(certificate.ca)}
        return {key: value for key, value in {**spec, **more}.items() if value is not None}

    return make


@pytest.fixture
def sync(workspace, tls):
    """A sync with the keys of the server that speaks TLS."""

    def run_with(spec, **environment):
        return workspace.sync(spec, environment={**tls.environment(), **environment}, flags=("--log-level", "debug"))

    return run_with


@pytest.fixture
def objects(s3, bucket):
    put_all(s3, bucket, OBJECTS)


@pytest.fixture
def login():
    """User and password for a proxy. The password needs encoding in a URL."""
    password = secrets.register(random.token_hex(8) + "/+", "the password of a proxy")
    return secrets.register(f"user:{password}", "the login at a proxy")


def in_url(login):
    return login.replace("/", "%2F").replace("+", "%2B")


def assert_all_rows(run):
    assert run.exit_code == 0, run.output
    assert numbers(run, "t") == ROWS


# TLS


def test_a_private_certificate_authority_in_the_spec(sync, tls_spec):
    run = sync(tls_spec())
    assert_all_rows(run)
    assert run.warnings == []


def test_a_private_certificate_authority_in_the_environment(sync, tls_spec, certificate):
    assert_all_rows(sync(tls_spec(tls_ca_file=None), AWS_CA_BUNDLE=str(certificate.ca)))


def test_a_certificate_that_does_not_verify_fails_the_sync_and_the_remedy_is_named(sync, tls_spec):
    run = sync(tls_spec(tls_ca_file=None))
    assert run.exit_code != 0
    assert "certificate" in run.output and "tls_ca_file" in run.output
    assert run.counts() == {}


def test_a_certificate_for_another_host_fails_the_sync(sync, tls_spec, tls):
    run = sync(tls_spec(endpoint=f"https://localhost:{tls.port}", path_style=True))
    assert run.exit_code != 0
    assert "localhost" in run.output and run.counts() == {}


@pytest.mark.parametrize("content", [None, "not PEM"])
def test_a_ca_file_that_cannot_be_used_is_named(sync, tls_spec, workspace, content):
    path = workspace.folder / "ca.pem"
    if content:
        path.write_text(content)
    run = sync(tls_spec(tls_ca_file=str(path)))
    assert run.exit_code != 0
    assert str(path) in run.output and "tls_ca_file" in run.output
    verdict = source_verdict(run_command(workspace, "test-connection", tls_spec(tls_ca_file=str(path))))
    assert verdict.startswith("Failure: INVALID_SPEC") and str(path) in verdict


def test_a_server_that_is_not_verified_is_warned_of_in_every_sync(sync, tls_spec):
    for syncs in (1, 2):
        run = sync(tls_spec(tls_ca_file=None, tls_insecure_skip_verify=True))
        assert run.exit_code == 0, run.output
        assert numbers(run, "t") == sorted(ROWS * syncs)
        (warning,) = run.warnings
        assert "tls_insecure_skip_verify" in warning


# Who pays, and who asks


def test_a_public_bucket_is_read_without_keys(workspace, objects, spec, s3, bucket):
    statement = {"Effect": "Allow", "Principal": "*", "Action": ["s3:ListBucket", "s3:GetObject"],
                 "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]}  # fmt: skip
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert_all_rows(workspace.sync(spec(anonymous=True), environment=NO_KEYS))


def test_anonymous_requests_are_unsigned_though_there_are_keys(workspace, objects, spec):
    run = workspace.sync(spec(anonymous=True))
    assert run.exit_code != 0
    assert "access denied (403 AccessDenied" in run.output


def test_anonymous_and_a_profile_exclude_each_other(workspace, spec):
    for command in ("sync", "validate-config"):
        finished = run_command(workspace, command, spec(anonymous=True, local_profile="p"))
        assert finished.exit_code != 0
        assert "local_profile" in finished.output, finished.output


def test_a_requester_who_pays_says_so_in_every_request(workspace, objects, spec, minio):
    silent = faults.Refuse(
        on=lambda exchange: exchange.headers.get("x-amz-request-payer") != "requester", status=403, code="AccessDenied"
    )
    with S3Proxy(minio, silent) as proxy:
        assert_all_rows(workspace.sync(spec(endpoint=proxy.endpoint, requester_pays=True)))
        assert silent.met == 0 and proxy.lists >= 1 and sum(proxy.reads.values()) >= len(OBJECTS)
        assert workspace.sync(spec(endpoint=proxy.endpoint)).exit_code != 0
        assert silent.met > 0


# Hosts


def test_a_bucket_as_part_of_the_host_name(workspace, objects, spec, minio):
    # libcurl finds all of .localhost on this machine.
    assert_all_rows(workspace.sync(spec(endpoint=f"http://localhost:{minio.port}", path_style=False)))


def test_a_bucket_name_with_dots_goes_into_the_path_of_tls_urls(sync, tls_spec, tls):
    with ForwardProxy({"s3.test": tls.port}) as proxy:
        run = sync(tls_spec(bucket=DOTTED, endpoint="https://s3.test"), HTTPS_PROXY=proxy.endpoint)
    assert_all_rows(run)
    assert set(proxy.seen) == {"CONNECT s3.test:443"}


def test_the_endpoint_of_the_environment(workspace, objects, spec, minio):
    for variable in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        nowhere = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"}
        run = workspace.sync(spec(endpoint=""), environment={**nowhere, variable: minio.endpoint},
                             write_mode="overwrite-delete-stale")  # fmt: skip
        assert_all_rows(run)


# Regions


def test_a_sync_goes_on_in_the_region_that_the_service_tells(workspace, objects, spec, bucket):
    run = workspace.sync(spec(region="eu-central-1"))
    assert_all_rows(run)
    (warning,) = run.warnings
    assert warning == (
        f'bucket "{bucket}" is in region "us-east-1", not in "eu-central-1"; requests go to the right region '
        'from now on; set region to "us-east-1"'
    )


def test_the_connection_test_does_so_too(workspace, objects, spec):
    finished = run_command(workspace, "test-connection", spec(region="eu-central-1"))
    assert source_verdict(finished) == "Success"
    assert any('set region to "us-east-1"' in warning for warning in finished.warnings)


TOLD = "<Region>{}</Region>"


@pytest.mark.parametrize("status, code, regions, words", [
    (400, "AuthorizationHeaderMalformed", ("eu-west-1", "eu-west-2"), 'Set region to "eu-west-2"'),
    (400, "AuthorizationHeaderMalformed", ("eu-west-1", "eu-west-1"), "not at this endpoint"),
    (301, "PermanentRedirect", ("", ""), "Set region to the bucket's region"),
    (400, "IllegalLocationConstraintException", ("", ""), "Set region to the bucket's region"),
])  # fmt: skip
def test_a_region_that_is_wrong_again_or_not_told_is_an_error(
    workspace, objects, spec, minio, status, code, regions, words
):
    first, *_ = refusals = [
        faults.Refuse(on=lambda e, n=n: e.number == n, status=status, code=code,
                      more=TOLD.format(region) if region else "")
        for n, region in enumerate(regions, start=1)
    ]  # fmt: skip
    with S3Proxy(minio, *refusals) as proxy:
        run = workspace.sync(spec(endpoint=proxy.endpoint))
        assert run.exit_code != 0
        assert words in run.output and run.counts() == {}
        assert proxy.lists == (2 if regions[0] else 1) and first.met == 1
        proxy.forget()
        verdict = source_verdict(run_command(workspace, "test-connection", spec(endpoint=proxy.endpoint)))
        assert verdict.startswith("Failure: WRONG_REGION")


def test_on_aws_a_bucket_in_another_region_is_read_at_that_regions_host(sync, tls_spec, tls):
    """As users have it: no endpoint, the bucket in the host name, TLS, and a region that is wrong."""
    with ForwardProxy(dict.fromkeys(AWS_DOMAINS, tls.port)) as proxy:
        run = sync(tls_spec(endpoint=None, region="us-east-1"), HTTPS_PROXY=proxy.endpoint)
    assert_all_rows(run)
    assert len(run.warnings) == 1 and 'set region to "eu-west-1"' in run.warnings[0]
    wrong, right = (f"CONNECT {BUCKET}.{domain}:443" for domain in AWS_DOMAINS)
    assert proxy.seen[0] == wrong and proxy.seen.count(wrong) == 1
    assert set(proxy.seen) == {wrong, right}


# Proxies


def test_plain_requests_go_through_the_proxy(workspace, objects, spec, bucket, minio, login):
    with ForwardProxy({"s3.test": minio.port}, login) as proxy:
        run = workspace.sync(
            spec(endpoint="http://s3.test", path_style=False), flags=("--log-level", "debug"),
            environment={"HTTP_PROXY": f"http://{in_url(login)}@{proxy.address}"},
        )  # fmt: skip
    assert_all_rows(run)
    assert proxy.refused == 0 and len(proxy.seen) > len(OBJECTS)
    assert all(line.startswith(f"GET http://{bucket}.s3.test/") for line in proxy.seen)


def test_tls_goes_through_the_proxy_in_a_tunnel_that_is_asked_for_without_keys(sync, tls_spec, tls, login):
    with ForwardProxy({"s3.test": tls.port}, login) as proxy:
        run = sync(tls_spec(endpoint="https://s3.test"), https_proxy=f"http://{in_url(login)}@{proxy.address}")
    assert_all_rows(run)
    assert set(proxy.seen) == {f"CONNECT {BUCKET}.s3.test:443"} and proxy.refused == 0
    assert all("Authorization" not in head for head in proxy.heads)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_refuses_the_password_is_an_error_without_it(sync, tls_spec, login, scheme):
    with ForwardProxy({}, "somebody:else") as proxy:
        address = f"http://{in_url(login)}@{proxy.address}"
        run = sync(tls_spec(endpoint=f"{scheme}://s3.test"), HTTP_PROXY=address, HTTPS_PROXY=address)
    assert run.exit_code != 0
    assert "proxy" in run.output and "user name and a password" in run.output
    assert proxy.refused == 1


def test_a_proxy_that_is_not_there_is_named_without_its_password(workspace, tls_spec, login):
    gone = f"127.0.0.1:{free_port()}"
    finished = run_command(workspace, "test-connection", tls_spec(endpoint="https://s3.test", retry_timeout="1s"),
                           environment={"HTTPS_PROXY": f"http://{in_url(login)}@{gone}"})  # fmt: skip
    assert source_verdict(finished).startswith("Failure: UNREACHABLE")
    assert gone in source_verdict(finished)


def test_a_proxy_that_is_not_understood_is_an_error_that_names_the_variable_alone(sync, tls_spec, login):
    run = sync(tls_spec(), HTTPS_PROXY=f"gopher://{in_url(login)}@proxy")
    assert run.exit_code != 0
    assert "HTTPS_PROXY" in run.output


def test_hosts_of_no_proxy_are_reached_directly(workspace, objects, spec, minio):
    # Linux takes 0.0.0.0 for this machine, but it is no loopback address, which never goes through a proxy.
    there = spec(endpoint=f"http://0.0.0.0:{minio.port}", path_style=True)
    with ForwardProxy({"0.0.0.0": minio.port}) as proxy:
        environment = {"HTTP_PROXY": proxy.endpoint}
        assert_all_rows(workspace.sync(there, environment=environment))
        through = len(proxy.seen)
        assert through > len(OBJECTS)
        run = workspace.sync(there, environment={**environment, "NO_PROXY": "example.com, 0.0.0.0"})
        assert run.exit_code == 0 and numbers(run, "t") == sorted(ROWS * 2)
        assert len(proxy.seen) == through


def test_this_machine_is_reached_directly(workspace, objects, spec):
    with ForwardProxy({}) as proxy:
        assert_all_rows(workspace.sync(spec(), environment={"HTTP_PROXY": proxy.endpoint}))
    assert proxy.seen == []
