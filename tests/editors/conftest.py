"""One server for the sessions of a module: Lean's start is what costs."""

import pytest_lsp
import support
from pytest_lsp import ClientServerConfig


@pytest_lsp.fixture(
    config=ClientServerConfig(server_command=[support.LAKATOS, *support.ARGUMENTS], client_factory=support.make_client),
    scope="session",
)
async def client(lsp_client):
    from lsprotocol import types

    settings = {"seconds": 40, "idleSeconds": 1}
    lsp_client.set_configuration({"lakatos": settings}) if hasattr(lsp_client, "set_configuration") else None
    capabilities = support.client_capabilities("visual-studio-code")
    await lsp_client.initialize_session(
        types.InitializeParams(capabilities=capabilities, initialization_options=settings)
    )
    yield
    await lsp_client.shutdown_session()
