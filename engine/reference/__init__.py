"""The reference: a small, strict ASGI server, on h11 and the sans-IO half of websockets.

It is a yardstick and not for production: complete rather than fast. What fails on it is the
application's doing, or the case's. It refuses every request and every frame that a clause lets it refuse, and it
checks what applications send: whoever breaks a clause gets a ``Violation`` out of ``send()``, and the log one line
that names the clause as the catalogue does (``reference: RESP-17: ...``).

Like the observer it is copied alone into targets, as the package ``engine_reference``, so it imports itself relatively
and besides that only h11, websockets and the standard library; uvloop where that loop is asked for.

    options     the command line                     violations  what an application did wrong, and the disconnect
    main        from the command line to the end     events      which events there are, and the types of their keys
    server      connections, signals, a quiet end    fields      the header fields of an application
    lifespan    startup, shutdown, state             response    an application's response, as bytes
    stream      bytes in and out                     exchange    one request and the call that answers it
    connection  a connection's requests in turn      scope       what an application is told of a request
    head        a request's head, checked            opening     a WebSocket's handshake
    target      a request's target and Host          frames      a WebSocket's frames, one by one
    body        a request's body                     session     a WebSocket and the call that serves it
    workers     several processes on one socket      deflate     permessage-deflate, to the last block
    tls         TLS, and what a scope says of it     mutants      one deliberate fault by name
"""
