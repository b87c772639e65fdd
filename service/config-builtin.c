/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file lays its own values over these, so "[services.ollama]" alone is a whole service. A service that no file mentions
 * is not part of "airpods start" without names: nobody asked for gigabytes of images. "airpods start ollama" works
 * without any file.
 *
 * Names, images, ports and folders are those of the earlier airpods, so that its data is found again. Ports are on
 * 127.0.0.1, and so OLLAMA_ORIGINS stays at what ollama itself thinks is safe.
 */
#include "service/config-builtin.h"

const char config_builtin_services[] =
    "[services.ollama]\n"
    "image = \"docker.io/ollama/ollama:latest\"\n"
    "ports = [\"11434\"]\n"
    "volumes.data = { source = \"bind://airpods_ollama_data\", target = \"/root/.ollama\" }\n"
    "env.OLLAMA_HOST = \"0.0.0.0\"\n"
    "gpu = true\n"
    "health.path = \"/api/tags\"\n"
    "\n"
    "[services.open-webui]\n"
    "image = \"ghcr.io/open-webui/open-webui:latest\"\n"
    "network_aliases = [\"open-webui\", \"webui\"]\n"
    "ports = [\"3000:8080\"]\n"
    "volumes.data = { source = \"bind://airpods_webui_data\", target = \"/app/backend/data\" }\n"
    "env.OLLAMA_BASE_URL = \"http://ollama:{{services.ollama.ports.0.container}}\"\n"
    "health = { path = \"/\", expected_status = [200, 399] }\n"
    "\n"
    "[services.comfyui]\n"
    "image = \"docker.io/yanwk/comfyui-boot:cu128-slim\"\n"
    "ports = [\"8188\"]\n"
    "volumes.workspace = { source = \"bind://comfyui/workspace\", target = \"/workspace\" }\n"
    "volumes.models = { source = \"bind://airpods_comfyui_data\", target = \"/root/ComfyUI/models\" }\n"
    "gpu = true\n"
    "health.path = \"/\"\n"
    "\n"
    "[services.llamacpp]\n"
    "image = \"ghcr.io/ggml-org/llama.cpp:server\"\n"
    "ports = [\"11435:8080\"]\n"
    "volumes.models = { source = \"bind://airpods_models/gguf\", target = \"/models\", read_only = true }\n"
    "health.path = \"/health\"\n";
