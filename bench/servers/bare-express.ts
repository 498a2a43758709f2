// The floor that the goals speak of: Express as it comes, answering the same bytes; a body that came is parsed and sent back.
import { createServer } from "node:http";
import express, { type Request, type Response } from "express";
import { type FloorSettings, runServer, SCIM_JSON } from "./floor.ts";

runServer(({ body, contentType }: FloorSettings) => {
  const app = express();
  app.use(express.json({ type: SCIM_JSON }));
  const answer = (_: Request, response: Response) => response.set("Content-Type", contentType).send(body);
  const echo = (status: number) => (request: Request, response: Response) =>
    response.status(status).set("Content-Type", contentType).send(request.body);
  app.get("/scim/v2/Users", answer);
  app.get("/scim/v2/Users/:id", answer);
  app.get("/scim/v2/Groups/:id", answer);
  app.post("/scim/v2/Users", echo(201));
  app.patch("/scim/v2/Users/:id", echo(200));
  app.patch("/scim/v2/Groups/:id", echo(200));
  return createServer(app);
});
