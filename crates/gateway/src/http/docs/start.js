// Without a validator, which Swagger UI would ask on the net.
SwaggerUIBundle({ url: "/openapi.json", dom_id: "#swagger-ui", validatorUrl: null });
