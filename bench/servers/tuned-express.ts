// Express without what costs most: no ETag, no X-Powered-By, the simple query parser, answers written by Node itself.
import { createServer } from "node:http";
import express, { type Request, type Response } from "express";
import { type FloorSettings, runServer, SCIM_JSON } from "./floor.ts";

runServer(({ body, contentType }: FloorSettings) => {
  const app = express();
  app.set("etag", false).set("x-powered-by", false).set("query parser", "simple");
  const send = (response: Response, status: number, text: string) => {
    response.writeHead(status, { "Content-Type": contentType, "Content-Length": Buffer.byteLength(text) });
    response.end(text);
  };
  const answer = (_: Request, response: Response) => send(response, 200, body);
  const echo = (status: number) => (request: Request, response: Response) =>
    send(response, status, JSON.stringify(request.body));
  app.get("/scim/v2/Users", answer);
  app.get("/scim/v2/Users/:id", answer);
  app.get("/scim/v2/Groups/:id", answer);
  app.use(express.json({ type: SCIM_JSON }));
  app.post("/scim/v2/Users", echo(201));
  app.patch("/scim/v2/Users/:id", echo(200));
  app.patch("/scim/v2/Groups/:id", echo(200));
  return createServer(app);
});
