"""The warehouse's tables. Nothing here knows fileproc; migrations belong to whoever owns this package."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import DateTime, ForeignKey, Integer, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """All tables of the warehouse."""


class FileCheck(Base):
    """One row for each file that was checked; a file that is checked again has its row replaced."""

    __tablename__ = "file_checks"

    report_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    bucket: Mapped[str] = mapped_column(String(63))
    key: Mapped[str] = mapped_column(Text)
    contract: Mapped[str | None] = mapped_column(String(255))
    verdict: Mapped[str] = mapped_column(String(8))
    rows: Mapped[int | None]
    checked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    delivery: Mapped[str] = mapped_column(String(64))
    findings: Mapped[list[Finding]] = relationship(back_populates="check", cascade="all, delete-orphan")


class Finding(Base):
    """One row for each cause that a check names."""

    __tablename__ = "findings"

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("file_checks.report_id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(16))
    column_name: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    cells: Mapped[int]
    first_line: Mapped[int | None]
    check: Mapped[FileCheck] = relationship(back_populates="findings")
