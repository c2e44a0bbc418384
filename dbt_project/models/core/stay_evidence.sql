select
    stay.stay_id,
    claim.form_id,
    claim.file_id,
    claim.sheet,
    claim.row_number,
    claim.side,
    claim.list_kind,
    claim.reported_on,
    claim.origin_code,
    claim.origin_level,
    claim.dest_code,
    claim.dest_level,
    claim.left_hukou_date,
    claim.arrived_date,
    claim.ended_date,
    claim.reason_code,
    claim.dwelling_code
from {{ ref('int_claim') }} as claim
inner join {{ ref('int_spell_row') }} as spell_row
    on
        claim.person_key = spell_row.person_key
        and claim.form_id = spell_row.form_id
        and claim.unit_code = spell_row.unit_code
        and claim.reported_on = spell_row.reported_on
inner join {{ ref('int_stay_spell') }} as spell
    on
        spell_row.person_key = spell.person_key
        and spell_row.form_id = spell.form_id
        and spell_row.unit_code = spell.unit_code
        and spell_row.spell_number = spell.spell_number
inner join {{ ref('int_stay') }} as stay
    on
        spell.person_key = stay.person_key
        and spell.stay_rank = stay.stay_rank
