"""Holding an object map against the buckets as they are set up now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from connectors.s3_locate import can_lock
from connectors.s3_map import BucketMap, StoreMap
from connectors.s3_store import Store
from domain.errors import Refused

_UNREPLICATED = frozenset({"ReplicationConfigurationNotFoundError", "NotImplemented"})


def check_store(store: Store, map_: StoreMap) -> None:
    """Every bucket answers, lets versions be deleted, and is copied nowhere that the map does not name.

    Raises:
        DataMapInvalid: a bucket is replicated into one that is not mapped as its replica, or is to lock and cannot.
        Refused: a bucket is not there, its settings may not be read, or it deletes only with a second factor.
    """
    for bucket in map_.buckets.values():
        with store.at(bucket) as client:
            versioning: Mapping[str, Any] = client.get_bucket_versioning(Bucket=bucket.bucket)
            client.list_object_versions(Bucket=bucket.bucket, MaxKeys=1)
        if versioning.get("MFADelete") == "Enabled":
            raise Refused(
                "deletes-with-second-factor",
                "turn MFA delete off for the bucket, or erase there by hand",
                system=store.system,
                bucket=bucket.name,
            )
        if bucket.lock_held and not can_lock(store, bucket):
            raise map_.wrong(
                "bucket-cannot-lock",
                "turn Object Lock on for the bucket, or leave `lock_held` out",
                bucket.line,
                bucket=bucket.name,
            )
        for destination in _destinations(store, bucket):
            _must_be_mapped(map_, bucket, destination)


def _destinations(store: Store, bucket: BucketMap) -> tuple[str, ...]:
    """The buckets that this one is replicated into. Deleting a version is never replicated: each must be erased."""
    with store.at(bucket) as client:
        try:
            told = client.get_bucket_replication(Bucket=bucket.bucket)
        except ClientError as error:
            if str(error.response.get("Error", {}).get("Code", "")) in _UNREPLICATED:
                return ()
            raise
    rules = told.get("ReplicationConfiguration", {}).get("Rules", ())
    # A rule that is turned off may have copied before.
    return tuple(dict.fromkeys(rule["Destination"]["Bucket"].rpartition(":")[2] for rule in rules))


def _must_be_mapped(map_: StoreMap, bucket: BucketMap, destination: str) -> None:
    origin = bucket.replica_of or bucket.name
    mapped = next((one for one in map_.buckets.values() if one.bucket == destination), None)
    # Two buckets may replicate into each other: then the original is the destination of its replica.
    if mapped is None or origin not in {mapped.replica_of, mapped.name}:
        raise map_.wrong(
            "replica-not-mapped",
            "map the bucket that this one is replicated into, with `replica_of`",
            bucket.line,
            bucket=bucket.name,
            destination=destination,
        )
