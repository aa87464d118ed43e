"""What users read when their configuration is wrong."""

import pytest
from harness import secrets
from harness.plugin import Plugin, failing

MISSING = "(left out)"

# The change to a good spec, and the text that the CLI shows for it.
BAD = [
    ({"bucket": MISSING}, "spec: bucket is not set. It must be the name of an S3 bucket."),
    ({"bucket": ""}, 'spec: bucket is "". It must be the name of an S3 bucket.'),
    ({"bucket": "s3://b/t"}, 'Write the bucket\'s name alone, without s3:// and without a folder, which goes into'),
    ({"bucket": "arn:aws:s3:::b"}, 'Write the bucket\'s name alone, without the rest of the ARN: "b".'),
    (
        {"bucket": "arn:aws:s3:us-east-1:123456789012:accesspoint/a"},
        "Write the access point's alias as the bucket",
    ),
    ({"bucket": "b--use1-az4--x-s3"}, "Directory buckets (S3 Express One Zone) are not supported."),
    ({"bucket": 5}, "spec: bucket is 5. It must be the name of an S3 bucket."),
    ({"bucket": None}, "spec: bucket is null. It must be the name of an S3 bucket."),
    (
        {"region": MISSING},
        "spec: region is not set. It must be the region of the bucket, such as us-east-1.",
    ),
    ({"bukcet": "x"}, 'spec: unknown key "bukcet". Did you mean "bucket"? Allowed keys are bucket, '),
    ({"surprise": [1]}, 'spec: unknown key "surprise". Allowed keys are bucket, '),
    ({"filetype": "orc"}, 'spec: filetype is "orc". It must be "parquet", "csv", "jsonl" or "auto".'),
    ({"rows_per_record": 0}, "spec: rows_per_record is 0. It must be a whole number of at least 1."),
    ({"rows_per_record": 1.5}, "spec: rows_per_record is 1.5. It must be a whole number of at least 1."),
    ({"rows_per_record": "500"}, 'spec: rows_per_record is "500". It must be a whole number of at least 1.'),
    (
        {"concurrency": 0},
        "spec: concurrency is 0. It must be a whole number of at least 1, or a negative one for no limit.",
    ),
    ({"path_style": "yes"}, 'spec: path_style is "yes". It must be true or false.'),
    ({"on_malformed": "ignore"}, 'spec: on_malformed is "ignore". It must be "warn" or "fail".'),
    ({"nested_lists": "text"}, 'spec: nested_lists is "text". It must be "json" or "list".'),
]


def changed(good, change):
    return {key: value for key, value in {**good, **change}.items() if value is not MISSING}


@pytest.mark.parametrize("change, text", BAD, ids=lambda v: str(v)[:60])
def test_a_bad_spec_is_named_and_explained(workspace, spec, change, text):
    run = workspace.sync(changed(spec(), change))
    assert run.exit_code != 0
    assert text in run.output


# A key that the spec does not have, or one that has another type or form, with a secret in it.
def misplaced(secret):
    return [
        {"secret_access_key": secret},
        {"aws_session_token": secret},
        {"credentials": {"password": [secret]}},
        {"external_id": secret},
        {"role_arn": secret},
        {"concurrency": secret},
        {"local_profile": {"aws_secret_access_key": secret}},
        {"endpoint": [f"https://user:{secret}@s3.example.com"]},
        {"endpoint": f"https://user:{secret}@s3.example.com"},
        {"bucket": f"https://user:{secret}@s3.example.com/bucket"},
    ]


@pytest.mark.parametrize("which", range(len(misplaced(""))))
def test_a_secret_in_the_wrong_place_of_a_spec_is_not_shown(spec, which):
    """In no answer, error or log line: all of them are searched when the test ends."""
    change = misplaced(secrets.register("wJalrXUtnFEMI/K7MDENG/misplaced", "a secret in the wrong place"))[which]
    with Plugin() as plugin:
        assert not plugin.test_connection(spec(**change)).success
        with failing() as failed:
            plugin.init(spec(**change))
            plugin.tables()
    (key,) = change
    assert key in failed.value.details() or key in ("endpoint", "bucket")


def test_a_bucket_that_does_not_exist_is_named(workspace, spec):
    run = workspace.sync(spec(bucket="no-such-bucket"))
    assert run.exit_code != 0
    assert "no-such-bucket" in run.output


def test_credentials_that_are_refused_fail_the_sync_and_are_not_shown(workspace, spec, bucket):
    secret = secrets.register("certainly-not-the-secret-key")
    run = workspace.sync(spec(), environment={"AWS_SECRET_ACCESS_KEY": secret})
    assert run.exit_code != 0
    assert bucket in run.output
