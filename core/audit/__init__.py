"""The audit: every act with who, when, from where and on what."""

from core.audit.recording import record
from core.audit.service import AuditEntry, AuditFilter, AuditPage, AuditService

__all__ = ["AuditEntry", "AuditFilter", "AuditPage", "AuditService", "record"]
