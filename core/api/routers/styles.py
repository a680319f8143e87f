"""Styles: style datasets, and images made in their style."""

from fastapi import APIRouter

router = APIRouter(prefix="/ai", tags=["styles"])
