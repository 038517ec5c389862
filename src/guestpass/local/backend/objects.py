"""Writing an object as an AWS service does, past the wire: whether it may is asked before."""

from __future__ import annotations

from moto.s3.models import s3_backends

from guestpass.local.backend.stored import bucket_owner


def put_object(bucket: str, key: str, content: bytes, media: str) -> None:
    """Put an object into a bucket that is there, replacing what was under its key."""
    owner = bucket_owner(bucket)
    stored = s3_backends[str(owner)]["aws"].put_object(bucket, key, content)
    stored.set_metadata({"Content-Type": media})
