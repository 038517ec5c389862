"""Terraform's and OpenTofu's plans in, declared resources out."""

from guestpass.needs.terraform.planned import of_plan

__all__ = ["of_plan"]
