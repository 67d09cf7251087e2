import Lakatos.Repl.Session
import Lakatos.Worker
