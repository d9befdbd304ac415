"""The panel's own nginx: TLS before gunicorn's unix socket. Apart from the one that serves customers, and no uid in common."""

import json
from urllib.parse import urlsplit

from gasthof.prefix import PANEL_USER, Prefix

NAMES = ("localhost", "127.0.0.1", "::1")
AWAY = {
    "type": "about:blank",
    "status": 503,
    "title": "Service Unavailable",
    "detail": "The panel starts anew or is being worked on. Please try again.",
}
TEMPLATE = """\
user {user};
worker_processes 1;
daemon off;
pid {root}/panel/nginx.pid;
error_log stderr warn;
worker_rlimit_nofile 4096;

events {{
    worker_connections 1024;
}}

http {{
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    server_tokens off;
    # Who has one of these addresses needs nothing else: none of them is kept, nor as the page that somebody came from.
    map $request_uri $told {{
        default $request_uri;
        "~^(?<before>/(?:calendar|link/[a-z-]+)/)" $before...;
    }}
    log_format told '$remote_addr - $remote_user [$time_local] "$request_method $told $server_protocol" $status $body_bytes_sent "$http_user_agent"';
    access_log /dev/stdout told;  # the supervisor keeps it, and turns it over
    client_max_body_size 2m;
    client_body_temp_path {root}/panel/tmp/body;
    proxy_temp_path {root}/panel/tmp/proxy;
    fastcgi_temp_path {root}/panel/tmp/fastcgi;
    uwsgi_temp_path {root}/panel/tmp/uwsgi;
    scgi_temp_path {root}/panel/tmp/scgi;
    gzip on;
    gzip_types text/css application/javascript image/svg+xml;

    ssl_certificate {root}/panel/tls/cert.pem;
    ssl_certificate_key {root}/panel/tls/key.pem;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:panel:1m;
    ssl_session_tickets off;

    # Another name is a forged or mistaken one; it never reaches the panel.
    server {{
        listen 127.0.0.1:{port} ssl http2 default_server;
        listen [::1]:{port} ssl http2 default_server;
        server_name _;
        return 421;
    }}

    server {{
        listen 127.0.0.1:{port} ssl http2;
        listen [::1]:{port} ssl http2;
        server_name {names};

        # Plain HTTP spoken to this port.
        error_page 497 =301 https://$host:{port}$request_uri;
        error_page 502 504 =503 /resting.html;

        location = /resting.html {{
            internal;
            root {root}/panel/static;
            add_header Cache-Control "no-store" always;
            add_header Content-Security-Policy "default-src 'none'; style-src 'self'" always;
            add_header X-Content-Type-Options nosniff always;
        }}

        # A name that holds its content's digest never means anything else.
        location ~ "^/static/.+[.][0-9a-f]{{12}}[.][a-z]+$" {{
            root {root}/panel;
            add_header Cache-Control "public, max-age=31536000, immutable" always;
            add_header X-Content-Type-Options nosniff always;
        }}

        location /static/ {{
            root {root}/panel;
            add_header Cache-Control "public, max-age=3600" always;
            add_header X-Content-Type-Options nosniff always;
        }}

        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-Proto https;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header Proxy "";

        # Programs get what they can read (RFC 9457) while the panel is away.
        location /api/ {{
            error_page 502 504 = @away;
            proxy_pass http://unix:{socket};
        }}

        location @away {{
            default_type application/problem+json;
            add_header Cache-Control "no-store" always;
            add_header Retry-After 5 always;
            return 503 '{problem}';
        }}

        # Bank statements are files of ten thousands of bookings.
        location = /payments/upload {{
            client_max_body_size 21m;
            proxy_pass http://unix:{socket};
        }}

        location / {{
            proxy_pass http://unix:{socket};
        }}
    }}
}}
"""


def render(prefix: Prefix) -> str:
    """nginx.conf. Paths were checked to need no quoting (place.PLAIN)."""
    return TEMPLATE.format(
        user=PANEL_USER,
        root=prefix.root,
        port=prefix.ports["panel"],
        names=" ".join(
            dict.fromkeys(("localhost", "127.0.0.1", "[::1]", urlsplit(prefix.panel_address).hostname or ""))
        ).strip(),
        socket=prefix.panel_socket,
        problem=json.dumps(AWAY),
    )
