"""A server that only writes uploaded files: ``python -m bench.bare.writing PORT DIRECTORY``."""

import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route


def app(directory: Path) -> Starlette:
    async def write(request: Request) -> Response:
        form = await request.form()
        files = [file for file in form.getlist("files") if isinstance(file, UploadFile)]
        for file in files:
            (directory / Path(file.filename or "image").name).write_bytes(await file.read())
        return JSONResponse({"written": len(files)})

    async def page(_: Request) -> Response:
        return PlainTextResponse("ready")

    return Starlette(routes=[Route("/", page), Route("/files", write, methods=["POST"])])


if __name__ == "__main__":
    uvicorn.run(app(Path(sys.argv[2])), port=int(sys.argv[1]), log_level="warning")
