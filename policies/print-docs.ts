import { policiesPage } from "./docs";

process.stdout.write(policiesPage());
